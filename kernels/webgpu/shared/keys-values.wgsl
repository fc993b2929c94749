// Words of `keys` and `values`, states whose rows begin at any word.

fn key_word(at: u32) -> u32 { return keys[at]; }
fn value_word(at: u32) -> u32 { return values[at]; }

/// Four words, of which this is number `four`.
fn key_words(four: u32) -> vec4<u32> { return vec4<u32>(keys[4u * four], keys[4u * four + 1u], keys[4u * four + 2u], keys[4u * four + 3u]); }
