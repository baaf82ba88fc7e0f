//! A load generator: requests to a server in a closed or an open loop, and what became of them.
//! Must not know what is served, nor whose server it is; it knows a URL and bodies, as any client does.

mod client;
mod error;
mod load;
mod machine;
mod ready;
mod report;
mod stages;
mod tally;
mod target;

pub use error::Error;
pub use load::{Load, Measurement, OUTSTANDING, Pace};
pub use machine::cpus;
pub use ready::{Served, ready};
pub use report::Report;
pub use tally::Tally;
pub use target::Target;
