// Named templates that put each message between marks. The token that begins a text is left to the vocabulary, as in llama.cpp.
import { all, turns, type TurnMarks } from './turns.js';

/** One form for each role, which stands in it by its name. */
const byRole = (before: (role: string) => string, after: string, more: Partial<TurnMarks> = {}): TurnMarks => ({
  system: [before('system'), after],
  user: [before('user'), after],
  assistant: [before('assistant'), after],
  prompt: before('assistant'),
  ...more,
});

const marks = {
  megrez: byRole((role) => `<|role_start|>${role}<|role_end|>`, '<|turn_end|>'),
  bailing: byRole((role) => `<role>${role === 'user' ? 'HUMAN' : role.toUpperCase()}</role>`, ''),
  chatglm3: byRole((role) => `<|${role}|>\n `, '', { opening: '[gMASK]sop', prompt: '<|assistant|>' }),
  chatglm4: byRole((role) => `<|${role}|>\n`, '', { opening: '[gMASK]<sop>' }),
  glmedge: byRole((role) => `<|${role}|>\n`, '', { prompt: '<|assistant|>' }),
  seed_oss: byRole((role) => `<seed:bos>${role}\n`, '<seed:eos>', { trims: ['assistant'] }),
  'gpt-oss': byRole((role) => `<|start|>${role}<|message|>`, '<|end|>', {
    assistant: ['<|start|>assistant<|message|>', '<|return|>'],
    prompt: '<|start|>assistant',
  }),
  'kimi-k2': byRole((role) => `<|im_${role}|>${role}<|im_middle|>`, '<|im_end|>', { tool: ['<|im_system|>tool<|im_middle|>', '<|im_end|>'] }),
  deepseek: {
    system: ['', ''],
    user: ['### Instruction:\n', '\n'],
    assistant: ['### Response:\n', '\n<|EOT|>\n'],
    prompt: '### Response:\n',
  },
  deepseek2: {
    system: ['', '\n\n'],
    user: ['User: ', '\n\n'],
    assistant: ['Assistant: ', '<｜end▁of▁sentence｜>'],
    prompt: 'Assistant:',
  },
  yandex: { user: [' Пользователь: ', '\n\n'], assistant: [' Ассистент: ', '\n\n'], prompt: ' Ассистент:[SEP]' },
  'vicuna-orca': { system: ['SYSTEM: ', '\n'], user: ['USER: ', '\n'], assistant: ['ASSISTANT: ', '</s>\n'], prompt: 'ASSISTANT:' },
  openchat: {
    system: ['', '<|end_of_turn|>'],
    user: ['GPT4 Correct User: ', '<|end_of_turn|>'],
    assistant: ['GPT4 Correct Assistant: ', '<|end_of_turn|>'],
    prompt: 'GPT4 Correct Assistant:',
  },
  exaone3: {
    system: ['[|system|]', '[|endofturn|]\n'],
    user: ['[|user|]', '\n'],
    assistant: ['[|assistant|]', '[|endofturn|]\n'],
    trims: all,
    prompt: '[|assistant|]',
  },
  exaone4: {
    system: ['[|system|]', '[|endofturn|]\n'],
    user: ['[|user|]', '\n'],
    assistant: ['[|assistant|]', '[|endofturn|]\n'],
    tool: ['[|tool|]', '[|endofturn|]\n'],
    trims: all,
    prompt: '[|assistant|]',
  },
  'rwkv-world': {
    system: ['System: ', '\n\n'],
    user: ['User: ', '\n\n'],
    assistant: ['Assistant: ', '\n\n'],
    trims: all,
    prompt: 'Assistant:',
  },
  minicpm: { system: ['', ''], user: ['<用户>', '<AI>'], assistant: ['', ''], trims: all, prompt: '' },
  smolvlm: {
    system: ['', '\n\n'],
    user: ['User: ', '<end_of_utterance>\n'],
    assistant: ['Assistant: ', '<end_of_utterance>\n'],
    opening: '<|im_start|>',
    prompt: 'Assistant:',
  },
  'hunyuan-moe': {
    system: ['<|startoftext|>', '<|extra_4|>'],
    user: ['<|startoftext|>', '<|extra_0|>'],
    assistant: ['', '<|eos|>'],
    prompt: '',
  },
  'mistral-v7': { system: ['[SYSTEM_PROMPT] ', '[/SYSTEM_PROMPT]'], user: ['[INST] ', '[/INST]'], assistant: [' ', '</s>'], prompt: '' },
  'mistral-v7-tekken': { system: ['[SYSTEM_PROMPT]', '[/SYSTEM_PROMPT]'], user: ['[INST]', '[/INST]'], assistant: ['', '</s>'], prompt: '' },
} as const satisfies Record<string, TurnMarks>;

export const marked: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(marks).map(([name, each]) => [name, turns(each)]));
