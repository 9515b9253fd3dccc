//! Sets of small numbers.

/// A set of numbers, for all sets of one plan of the same width.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    pub(super) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(left, right)| left & right != 0)
    }

    /// The numbers that are in both sets.
    pub(super) fn both(&self, other: &Self) -> Self {
        let mut words: Vec<u64> = self.0.iter().zip(&other.0).map(|(left, right)| left & right).collect();
        // One way to write a set, so that equal sets compare as equal.
        while words.last() == Some(&0) {
            words.pop();
        }
        Self(words)
    }

    /// The numbers of this set that are not in the other.
    pub(super) fn without(&self, other: &Self) -> Self {
        let word = |(index, word): (usize, &u64)| word & !other.0.get(index).copied().unwrap_or(0);
        Self(self.0.iter().enumerate().map(word).collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let bits = |(index, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| index * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}

impl FromIterator<usize> for Bits {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut bits = Self::default();
        numbers.into_iter().for_each(|number| bits.insert(number));
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sets() {
        let (one, two): (Bits, Bits) = ([1, 70].into_iter().collect(), [70, 200].into_iter().collect());
        assert!(one.meets(&two) && one.contains(70) && !one.contains(200));
        assert_eq!(one.without(&two).iter().collect::<Vec<_>>(), [1]);
        let mut both = one.clone();
        both.add(&two);
        assert_eq!(both.iter().collect::<Vec<_>>(), [1, 70, 200]);
        assert_eq!(one.without(&both).iter().count(), 0);
        both.add(&one);
        assert!(both.contains(200), "the smaller set takes nothing away");
        let common = one.both(&two);
        assert_eq!(common.iter().collect::<Vec<_>>(), [70]);
        assert_eq!(common, two.both(&one), "one way to write a set");
        assert_eq!(one.both(&[2, 500].into_iter().collect()), Bits::default());
    }
}
