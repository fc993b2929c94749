// Everything textual that travels beside the weights when a checkpoint is converted, in the form that each kind of target wants.
export { ggufVocabulary, type VocabularyOptions } from './gguf-vocabulary.js';
export { huggingfaceFiles } from './huggingface-files.js';
export { llama2cTokenizer } from './llama2c-tokenizer.js';
