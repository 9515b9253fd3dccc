//! Changes to bytes such as a fuzzer makes, out of a random number.

use crate::random::Random;

/// A file of the corpus with one to six changes; now and then something else altogether, for checks that read bytes as
/// choices.
pub fn changed(corpus: &[Vec<u8>], words: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if random.below(8) == 0 {
        let length = random.below(160);
        return (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
    }
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..1 + random.below(6) {
        change(&mut bytes, corpus, words, random);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let until = (at + 1 + random.below(24)).min(bytes.len());
    match random.below(10) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        2 => drop(bytes.splice(at..until.max(at), [])),
        // A part once more, somewhere else or many times.
        3 => {
            let part = bytes[at..until.max(at)].to_vec();
            let times = if random.below(8) == 0 { 200 } else { 1 };
            let to = random.below(bytes.len() + 1);
            drop(bytes.splice(to..to, part.repeat(times)));
        }
        4 => bytes.truncate(at),
        5 => {
            let other = &corpus[random.below(corpus.len())];
            let from = random.below(other.len() + 1);
            let part = &other[from..(from + random.below(200)).min(other.len())];
            drop(bytes.splice(at..at, part.iter().copied()));
        }
        // Whole lines trade places.
        6 => {
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            if !lines.is_empty() {
                let (one, two) = (random.below(lines.len()), random.below(lines.len()));
                lines.swap(one, two);
                *bytes = lines.concat();
            }
        }
        7 => {
            const ODD: [&[u8]; 12] = [
                b"\0",
                b"\t",
                b"\r\n",
                "\u{feff}".as_bytes(),
                "\u{2028}".as_bytes(),
                "\u{202e}".as_bytes(),
                b"\xff",
                b"\\u0000",
                b"\\ud800",
                b"1e400",
                b"18446744073709551616",
                b"-0",
            ];
            drop(bytes.splice(at..at, ODD[random.below(ODD.len())].iter().copied()));
        }
        _ if !words.is_empty() => {
            let word = &words[random.below(words.len())];
            // In place of as many bytes, or between them.
            let until = if random.below(2) == 0 { at } else { (at + word.len()).min(bytes.len()) };
            drop(bytes.splice(at..until, word.iter().copied()));
        }
        _ => bytes.extend_from_slice(&corpus[random.below(corpus.len())]),
    }
}
