// What commands and other engines use of this room.
export { loadModel, pageSize, planModel, type LoadedModel, type LoadOptions } from './load.js';
export { defaultSampling, type SamplingSettings } from './samplers/sampler.js';
export { checkPrompt, generate, type FinishReason, type Generated, type GenerateOptions } from './session.js';
export { createSequences, type Sequence, type Sequences, type Snapshot, type Work } from './sequences.js';
