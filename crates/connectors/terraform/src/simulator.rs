//! Terraform in small: to be played where no real one is wanted.

use podium_connector::Simulator;

pub(crate) struct SimulatedTerraform;

impl SimulatedTerraform {
    pub(crate) fn new(_state: Option<&str>) -> Self {
        Self
    }
}

impl Simulator for SimulatedTerraform {
    fn save(&self) -> String {
        String::new()
    }
}
