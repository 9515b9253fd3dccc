use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// A map of a world file. A name that stands there twice is an error: of two policies one would be lost.
#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct ByName<V>(pub(super) BTreeMap<String, V>);

impl<V> Default for ByName<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<V> ByName<V> {
    /// Says whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ByName<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesOnce(PhantomData))
    }
}

struct NamesOnce<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for NamesOnce<V> {
    type Value = ByName<V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            match entries.entry(name) {
                Entry::Vacant(place) => place.insert(map.next_value()?),
                Entry::Occupied(place) => {
                    return Err(A::Error::custom(format!("{:?} stands here twice", place.key())));
                }
            };
        }
        Ok(ByName(entries))
    }
}
