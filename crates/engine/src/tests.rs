//! What the engine promises, tried on small plans, on random ones, and on ones that crash.

mod behaviour;
mod calls;
mod elements;
mod histories;
mod people;
mod random;
mod size;
mod wire;
mod world;
