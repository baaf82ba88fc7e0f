//! Claims about modelhost, each tested at its boundary: real binary, real model, real wasm, real sockets.
//! `server` and the fakes are what the claims stand on; every other module is one subject.

mod authoring;
mod batching;
mod bench;
mod chart;
mod client;
mod conformance;
mod fake_hub;
mod fuse;
mod hub;
mod init;
mod manifest;
mod models;
mod page;
mod plugin;
mod predict;
mod process;
mod readme;
mod reference;
mod sequence;
mod server;
mod swap;
mod tasks;
mod tensors;
mod tidy;
mod webdriver;
