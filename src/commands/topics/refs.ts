// How a model is named.
import type { Topic } from './topic.js';

export const refs: Topic = {
  summary: 'How a model is named',
  text: () => `A model reference REF is one of:

  ./model.gguf             a GGUF file; the first shard finds the others
  ./folder                 a Hugging Face folder: config.json, safetensors, tokenizer
  ./stories15M.bin         a llama2.c file; the tokenizer beside it, or --tokenizer FILE
  hf:org/name              a model of the Hugging Face hub
  hf:org/name@REV:FILE     REV: branch, tag or commit; FILE: a name, a glob or a type such as Q4_K_M
  builtin:storyteller      the small model that comes with llmx

An existing path wins; ./ in front forces a path. https://huggingface.co/org/name, hf.co/org/name and hf://org/name mean hf:org/name. What the cache of the Python tools (HF_HUB_CACHE) has is read there; what it lacks is downloaded into it, by llmx pull or by the command that needs it. llmx inspect, and llmx convert --remote, read it by range on the hub instead. --offline (HF_HUB_OFFLINE) forbids both.
`,
};
