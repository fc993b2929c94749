// Each built-in template against the text that its format's publisher describes, written out by hand.
import { expect, test } from 'vitest';
import { builtinTemplates } from '../../../src/core/text/builtin-templates.js';
import { parseChatTemplate, type ChatMessage } from '../../../src/core/text/chat-template.js';

const messages: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello!' },
  { role: 'user', content: 'Bye' },
];

const wanted: Readonly<Record<string, string>> = {
  alpaca: 'Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello!</s>\n\n### Instruction:\nBye\n\n### Response:\n',
  chatml:
    '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello!<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n',
  'command-r':
    '<s><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>Be brief.<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>Hi<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>Hello!<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|USER_TOKEN|>Bye<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>',
  deepseek3: '<s>Be brief.<｜User｜>Hi<｜Assistant｜>Hello!<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜>',
  falcon3: '<|system|>\nBe brief.\n<|user|>\nHi\n<|assistant|>\nHello!\n<|user|>\nBye\n<|assistant|>\n',
  gemma:
    '<s><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello!<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n',
  granite:
    '<|start_of_role|>system<|end_of_role|>Be brief.<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>Hi<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>Hello!<|end_of_text|>\n<|start_of_role|>user<|end_of_role|>Bye<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>',
  llama2: '<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s><s>[INST] Bye [/INST]',
  llama3:
    '<s><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello!<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
  llama4:
    '<s><|header_start|>system<|header_end|>\n\nBe brief.<|eot|><|header_start|>user<|header_end|>\n\nHi<|eot|><|header_start|>assistant<|header_end|>\n\nHello!<|eot|><|header_start|>user<|header_end|>\n\nBye<|eot|><|header_start|>assistant<|header_end|>\n\n',
  mistral: '<s>[INST] Hi[/INST] Hello!</s>[INST] Be brief.\n\nBye[/INST]',
  phi3: '<|system|>\nBe brief.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n<|user|>\nBye<|end|>\n<|assistant|>\n',
  phi4: '<|im_start|>system<|im_sep|>Be brief.<|im_end|><|im_start|>user<|im_sep|>Hi<|im_end|><|im_start|>assistant<|im_sep|>Hello!<|im_end|><|im_start|>user<|im_sep|>Bye<|im_end|><|im_start|>assistant<|im_sep|>',
  vicuna: 'Be brief. USER: Hi ASSISTANT: Hello!</s>USER: Bye ASSISTANT:',
  zephyr: '<|system|>\nBe brief.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello!</s>\n<|user|>\nBye</s>\n<|assistant|>\n',
  bailing: '<role>SYSTEM</role>Be brief.<role>HUMAN</role>Hi<role>ASSISTANT</role>Hello!<role>HUMAN</role>Bye<role>ASSISTANT</role>',
  chatglm3: '[gMASK]sop<|system|>\n Be brief.<|user|>\n Hi<|assistant|>\n Hello!<|user|>\n Bye<|assistant|>',
  chatglm4: '[gMASK]<sop><|system|>\nBe brief.<|user|>\nHi<|assistant|>\nHello!<|user|>\nBye<|assistant|>\n',
  deepseek: 'Be brief.### Instruction:\nHi\n### Response:\nHello!\n<|EOT|>\n### Instruction:\nBye\n### Response:\n',
  deepseek2: 'Be brief.\n\nUser: Hi\n\nAssistant: Hello!<｜end▁of▁sentence｜>User: Bye\n\nAssistant:',
  exaone3: '[|system|]Be brief.[|endofturn|]\n[|user|]Hi\n[|assistant|]Hello![|endofturn|]\n[|user|]Bye\n[|assistant|]',
  exaone4: '[|system|]Be brief.[|endofturn|]\n[|user|]Hi\n[|assistant|]Hello![|endofturn|]\n[|user|]Bye\n[|assistant|]',
  gigachat:
    '<s>Be brief.<|message_sep|>user<|role_sep|>Hi<|message_sep|>available functions<|role_sep|>[]<|message_sep|>assistant<|role_sep|>Hello!<|message_sep|>user<|role_sep|>Bye<|message_sep|>available functions<|role_sep|>[]<|message_sep|>assistant<|role_sep|>',
  glmedge: '<|system|>\nBe brief.<|user|>\nHi<|assistant|>\nHello!<|user|>\nBye<|assistant|>',
  'gpt-oss':
    '<|start|>system<|message|>Be brief.<|end|><|start|>user<|message|>Hi<|end|><|start|>assistant<|message|>Hello!<|return|><|start|>user<|message|>Bye<|end|><|start|>assistant',
  'hunyuan-dense':
    '<｜hy_begin▁of▁sentence｜>Be brief.<｜hy_place▁holder▁no▁3｜><｜hy_User｜>Hi<｜hy_Assistant｜>Hello!<｜hy_place▁holder▁no▁2｜><｜hy_User｜>Bye<｜hy_Assistant｜>',
  'hunyuan-moe': '<|startoftext|>Be brief.<|extra_4|><|startoftext|>Hi<|extra_0|>Hello!<|eos|><|startoftext|>Bye<|extra_0|>',
  'kimi-k2':
    '<|im_system|>system<|im_middle|>Be brief.<|im_end|><|im_user|>user<|im_middle|>Hi<|im_end|><|im_assistant|>assistant<|im_middle|>Hello!<|im_end|><|im_user|>user<|im_middle|>Bye<|im_end|><|im_assistant|>assistant<|im_middle|>',
  'llama2-sys': '[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]Hello!</s>[INST] Bye [/INST]',
  'llama2-sys-bos': '[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]Hello!</s><s>[INST] Bye [/INST]',
  'llama2-sys-strip': '[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]Hello!</s>[INST] Bye [/INST]',
  megrez:
    '<|role_start|>system<|role_end|>Be brief.<|turn_end|><|role_start|>user<|role_end|>Hi<|turn_end|><|role_start|>assistant<|role_end|>Hello!<|turn_end|><|role_start|>user<|role_end|>Bye<|turn_end|><|role_start|>assistant<|role_end|>',
  minicpm: 'Be brief.<用户>Hi<AI>Hello!<用户>Bye<AI>',
  'mistral-v1': ' [INST] Be brief.\n\nHi [/INST] Hello!</s> [INST] Bye [/INST]',
  'mistral-v3': '[INST] Be brief.\n\nHi[/INST] Hello!</s>[INST] Bye[/INST]',
  'mistral-v3-tekken': '[INST]Be brief.\n\nHi[/INST]Hello!</s>[INST]Bye[/INST]',
  'mistral-v7': '[SYSTEM_PROMPT] Be brief.[/SYSTEM_PROMPT][INST] Hi[/INST] Hello!</s>[INST] Bye[/INST]',
  'mistral-v7-tekken': '[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][INST]Hi[/INST]Hello!</s>[INST]Bye[/INST]',
  monarch: 'system\nBe brief.</s>\n<s>user\nHi</s>\n<s>assistant\nHello!</s>\n<s>user\nBye</s>\n<s>assistant\n',
  openchat:
    'Be brief.<|end_of_turn|>GPT4 Correct User: Hi<|end_of_turn|>GPT4 Correct Assistant: Hello!<|end_of_turn|>GPT4 Correct User: Bye<|end_of_turn|>GPT4 Correct Assistant:',
  orion: 'Human: Be brief.\n\nHi\n\nAssistant: </s>Hello!</s>Human: Bye\n\nAssistant: </s>',
  'rwkv-world': 'System: Be brief.\n\nUser: Hi\n\nAssistant: Hello!\n\nUser: Bye\n\nAssistant:',
  seed_oss:
    '<seed:bos>system\nBe brief.<seed:eos><seed:bos>user\nHi<seed:eos><seed:bos>assistant\nHello!<seed:eos><seed:bos>user\nBye<seed:eos><seed:bos>assistant\n',
  smolvlm: '<|im_start|>Be brief.\n\nUser: Hi<end_of_utterance>\nAssistant: Hello!<end_of_utterance>\nUser: Bye<end_of_utterance>\nAssistant:',
  'vicuna-orca': 'SYSTEM: Be brief.\nUSER: Hi\nASSISTANT: Hello!</s>\nUSER: Bye\nASSISTANT:',
  yandex: ' Пользователь: Hi\n\n Ассистент: Hello!\n\n Пользователь: Bye\n\n Ассистент:[SEP]',
};

/** Formats without a place for a system message. */
const withoutSystem: readonly string[] = ['yandex'];

function orRefusal(render: () => string): string {
  try {
    return render();
  } catch {
    return '';
  }
}

test('every built-in template is written out here', () => expect(Object.keys(wanted).sort()).toEqual(Object.keys(builtinTemplates).sort()));

test.each(Object.entries(builtinTemplates))('%s', (name, source) => {
  const template = parseChatTemplate(source, name);
  const given = withoutSystem.includes(name) ? messages.slice(1) : messages;
  const input = { messages: given, addGenerationPrompt: true, specialTokens: { bos_token: '<s>', eos_token: '</s>' } };
  expect(template.render(input)).toBe(wanted[name]);
  expect(template.render({ ...input, messages: messages.slice(1, 2) })).not.toContain('Be brief');
});

test.each(Object.entries(builtinTemplates))('%s takes parts of a message, and drops no message whose role it does not know', (name, source) => {
  const template = parseChatTemplate(source, name);
  const input = { addGenerationPrompt: true, specialTokens: {} };
  const parts = [{ type: 'text', text: 'H' }, { type: 'image' }, { type: 'text', text: 'i' }];
  expect(template.render({ ...input, messages: [{ role: 'user', content: parts }] })).toBe(
    template.render({ ...input, messages: [{ role: 'user', content: 'Hi' }] }),
  );
  const narrated = (): string => template.render({ ...input, messages: [messages[1]!, { role: 'narrator', content: 'Later' }] });
  if (/narrator.*Later/s.test(orRefusal(narrated))) return;
  expect(narrated).toThrow('narrator');
});
