//! Ansible in small: to be played where no real one is wanted.

use podium_connector::Simulator;

pub(crate) struct SimulatedAnsible;

impl SimulatedAnsible {
    pub(crate) fn new(_state: Option<&str>) -> Self {
        Self
    }
}

impl Simulator for SimulatedAnsible {
    fn save(&self) -> String {
        String::new()
    }
}
