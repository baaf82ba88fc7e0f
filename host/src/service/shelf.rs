//! Models that are loaded already, by the digests of their files: manifests that name the same files share the weights.
//! Must not know manifests, nor keep a model that nobody serves.

use crate::model::{self, Model};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A model's place on the shelf; locked while it is loaded, so that two who want it load it once.
type Place = Arc<Mutex<Weak<Model>>>;

/// The models of the process.
#[derive(Default)]
pub struct Shelf(Mutex<HashMap<String, Place>>);

impl Shelf {
    /// The model whose files have these digests, loaded now if nobody serves it.
    pub(super) fn model(
        &self,
        key: &str,
        load: impl FnOnce() -> Result<Model, model::Error>,
    ) -> Result<Arc<Model>, model::Error> {
        let place = self.place(key);
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = place.upgrade() {
            return Ok(model);
        }
        let model = Arc::new(load()?);
        *place = Arc::downgrade(&model);
        Ok(model)
    }

    fn place(&self, wanted: &str) -> Place {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever loads holds the place; what is held by nobody and empty is old.
        places.retain(|key, place| {
            let is_held = Arc::strong_count(place) > 1;
            let is_there = place.try_lock().is_ok_and(|model| model.strong_count() > 0);
            key == wanted || is_held || is_there
        });
        places.entry(wanted.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn double() -> Result<Model, model::Error> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/swap/double.onnx");
        let bytes = std::fs::read(path).expect("the model of the tests");
        Model::load(model::File::read(&bytes)?)
    }

    #[test]
    fn the_same_file_is_loaded_once_while_someone_serves_it() {
        let shelf = Shelf::default();
        let first = shelf.model("a", double).expect("loads");
        let second = shelf
            .model("a", || panic!("loaded twice"))
            .expect("is there");
        assert!(Arc::ptr_eq(&first, &second));
        let other = shelf.model("b", double).expect("loads");
        assert!(!Arc::ptr_eq(&first, &other));
        drop((first, second));
        let again = shelf.model("a", double).expect("loads");
        drop((again, other));
        shelf.model("c", double).expect("loads");
        assert_eq!(shelf.0.lock().expect("no panic").len(), 1);
    }
}
