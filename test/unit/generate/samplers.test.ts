// Each sampler on distributions small enough to work out by hand, and the chain's determinism.
import { describe, expect, test } from 'vitest';
import { decisive, sample, sampleLargest } from '../../../src/core/generate/samplers/index.js';
import { minP } from '../../../src/core/generate/samplers/min-p.js';
import { penalties } from '../../../src/core/generate/samplers/penalties.js';
import { defaultSampling, type Candidates, type SamplingSettings } from '../../../src/core/generate/samplers/sampler.js';
import { sortedCandidates } from '../../../src/core/generate/samplers/sorted.js';
import { temperature } from '../../../src/core/generate/samplers/temperature.js';
import { topK } from '../../../src/core/generate/samplers/top-k.js';
import { topP } from '../../../src/core/generate/samplers/top-p.js';
import { typical } from '../../../src/core/generate/samplers/typical.js';
import { uniform } from '../../../src/core/base/random.js';

const settings = (given: Partial<SamplingSettings>): SamplingSettings => ({ ...defaultSampling, ...given });
/** Candidates with these probabilities, likeliest first. */
const withProbabilities = (...p: readonly number[]): Candidates => ({ ids: Int32Array.from(p.keys()), logits: Float32Array.from(p, Math.log) });
const kept = ({ ids }: Candidates): number[] => [...ids];

describe('one by one', () => {
  const four = withProbabilities(0.5, 0.25, 0.15, 0.1);
  test('top-k', () => expect(kept(topK.apply(four, settings({ topK: 2 })))).toEqual([0, 1]));
  test('top-p keeps the one that crosses', () => expect(kept(topP.apply(four, settings({ topP: 0.6 })))).toEqual([0, 1]));
  test('top-p of almost nothing keeps the best', () => expect(kept(topP.apply(four, settings({ topP: 0 })))).toEqual([0]));
  test('min-p', () => expect(kept(minP.apply(four, settings({ minP: 0.29 })))).toEqual([0, 1, 2]));
  test('temperature', () =>
    expect([...temperature.apply(four, settings({ temperature: 2 })).logits]).toEqual(
      [...four.logits].map((logit) => Math.fround((logit - four.logits[0]!) / 2)),
    ));
  test('a tiny temperature is almost greedy and does not overflow', () => {
    const logits = Float32Array.from([3e38, 2.9e38, -3e38]);
    expect(sample(logits, settings({ temperature: 1e-30, topP: 1, minP: 0 }), [], 0)).toBe(0);
  });
  test.each([NaN, Infinity])('a logit of %d is refused', (bad) =>
    expect(() => sample(Float32Array.from([0, bad, 1]), settings({}), [], 0)).toThrow(`logit of token 1 is ${bad}`),
  );
  test('typical drops the surprising best', () => {
    // Entropy of (0.9, 7 x 1/70) is 0.52; the best has surprise 0.105, distance 0.42, the others 4.25, distance 3.7: the best is kept alone.
    expect(kept(typical.apply(withProbabilities(0.9, ...new Array<number>(7).fill(0.1 / 7)), settings({ typical: 0.5 })))).toEqual([0]);
    // (0.4, 30 x 0.02): entropy 2.71; distances 1.80 and 1.20: the small ones come first.
    const spread = kept(typical.apply(withProbabilities(0.4, ...new Array<number>(30).fill(0.02)), settings({ typical: 0.3 })));
    expect(spread).not.toContain(0);
    expect(spread.length).toBeGreaterThanOrEqual(15);
  });
  test('penalties divide, multiply and subtract', () => {
    const logits = Float32Array.from([2, -2, 1]);
    penalties.apply(logits, settings({ repeatPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 }), [0, 1, 1]);
    expect([...logits]).toEqual([2 / 2 - 0.75, -4 - 0.5 - 0.5, 1]);
  });
  test('penalties see the last n alone', () => {
    const logits = Float32Array.from([2, 2]);
    penalties.apply(logits, settings({ repeatPenalty: 2, repeatLastN: 1 }), [0, 1]);
    expect([...logits]).toEqual([2, 1]);
  });
  test('penalties see all of the text with -1, and none with 0', () => {
    const history = [0, ...new Array<number>(200).fill(1)];
    for (const [repeatLastN, expected] of [
      [-1, 1],
      [64, 2],
    ] as const) {
      const logits = Float32Array.from([2, 2]);
      penalties.apply(logits, settings({ repeatPenalty: 2, repeatLastN }), history);
      expect(logits[0]).toBe(expected);
    }
    expect(penalties.isActive(settings({ repeatPenalty: 2, repeatLastN: 0 }))).toBe(false);
  });
});

test('every token forbidden is an error, several certain ones keep their order', () => {
  const all = new Map([0, 1, 2].map((id) => [id, -Infinity]));
  expect(() => sample(Float32Array.from([1, 2, 3]), settings({ logitBias: all }), [], 0)).toThrow('every token is forbidden');
  const certain = settings({ logitBias: new Map([0, 1].map((id) => [id, Infinity])), topK: 0 });
  const drawn = new Set(Array.from({ length: 64 }, (_, position) => sample(Float32Array.from([1, 1.5, 9]), certain, [], position)));
  expect([...drawn].sort()).toEqual([0, 1]);
});

test('the largest logits decide as all of them do', () => {
  for (const chosen of [settings({ temperature: 0 }), settings({ temperature: 0.9, topK: 7, topP: 0.9 }), settings({ temperature: 1.5, topK: 40 })]) {
    for (let position = 0; position < 20; position++) {
      const logits = Float32Array.from({ length: 300 }, (_, index) => Math.round(uniform(3, position, index) * 60) / 10);
      const largest = sortedCandidates(logits, decisive(chosen)!);
      expect(sampleLargest(largest, chosen, position)).toBe(sample(logits, chosen, [], position));
    }
  }
  expect(decisive(settings({ topK: 0, temperature: 1 }))).toBeUndefined();
  expect(decisive(settings({ repeatPenalty: 1.1 }))).toBeUndefined();
  expect(decisive(settings({ logitBias: new Map([[1, 1]]) }))).toBeUndefined();
});

test('sorted candidates equal a full sort, ties by id', () => {
  const logits = Float32Array.from({ length: 500 }, (_, index) => Math.round(uniform(5, 0, index) * 40));
  const expected = [...logits.keys()].sort((left, right) => logits[right]! - logits[left]! || left - right);
  for (const count of [1, 7, 40, 499, 500, 9999]) expect([...sortedCandidates(logits, count).ids]).toEqual(expected.slice(0, count));
});

describe('the chain', () => {
  const logits = (): Float32Array => Float32Array.from([0.1, 2, 1.9, -1, 0.5]);
  test('greedy takes the largest', () => expect(sample(logits(), settings({ temperature: 0 }), [], 0)).toBe(1));
  test('a bias decides', () =>
    expect(
      sample(
        logits(),
        settings({
          temperature: 0,
          logitBias: new Map([
            [3, 10],
            [1, -Infinity],
          ]),
        }),
        [],
        0,
      ),
    ).toBe(3));
  test('the same seed and position give the same token', () => {
    for (let position = 0; position < 20; position++) {
      expect(sample(logits(), settings({ seed: 9 }), [], position)).toBe(sample(logits(), settings({ seed: 9 }), [], position));
    }
  });
  test('frequencies follow the probabilities', () => {
    const counts = new Map<number, number>();
    const plain = settings({ temperature: 1, topK: 0, topP: 1, minP: 0 });
    const draws = 4000;
    for (let position = 0; position < draws; position++) {
      const id = sample(logits(), plain, [], position);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    const weights = [...logits()].map(Math.exp);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    // Four standard deviations of a binomial.
    for (const [id, weight] of weights.entries()) {
      const p = weight / total;
      expect(Math.abs((counts.get(id) ?? 0) / draws - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws));
    }
  });
});
