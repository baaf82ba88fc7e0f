//! Claims about modelhost, each tested at its boundary: real binary, real model, real wasm, real sockets.
//! `server` and the fakes are what the claims stand on; every other module is one subject.

mod access;
mod authoring;
mod batching;
mod bench;
mod cache;
mod chart;
mod client;
mod conformance;
mod dialects;
mod fake_hub;
mod fuse;
mod hub;
mod image;
mod init;
mod listening;
mod manifest;
mod models;
mod openapi;
mod page;
mod plugin;
mod predict;
mod process;
mod publish;
mod readme;
mod reference;
mod replicas;
mod sequence;
mod server;
mod stand_in_hub;
mod swap;
mod tasks;
mod tensors;
mod tidy;
mod traces;
mod webdriver;
