// Words of `keys` and `values`, states bound as fours of words: all of their rows are whole fours.

fn key_word(at: u32) -> u32 { return keys[at / 4u][at % 4u]; }
fn value_word(at: u32) -> u32 { return values[at / 4u][at % 4u]; }

/// Four words, of which this is number `four`.
fn key_words(four: u32) -> vec4<u32> { return keys[four]; }
