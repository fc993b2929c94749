// Chat templates by the names that users of other tools know, for files that carry none. Each writes the turns of its format's publisher,
// the generation prompt where it is asked for, and a system message where the format has a place for one.

/** Said first in formats without a turn for the system: it becomes the beginning of the first user message. */
const systemFirst = `{%- if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] | trim %}{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}`;

const chatml = `{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;

const llama2 = `${systemFirst}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ bos_token + '[INST] ' }}{%- if loop.first and system %}{{ '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' }}{% endif %}{{ message['content'] | trim + ' [/INST]' }}{%- elif message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + ' ' + eos_token }}{%- endif %}{%- endfor %}`;

const llama3 = `{{- bos_token }}{%- for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`;

const llama4 = `{{- bos_token }}{%- for message in messages %}{{ '<|header_start|>' + message['role'] + '<|header_end|>\\n\\n' + message['content'] | trim + '<|eot|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|header_start|>assistant<|header_end|>\\n\\n' }}{% endif %}`;

const mistral = `${systemFirst}{{- bos_token }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '[INST] ' }}{%- if loop.last and system %}{{ system + '\\n\\n' }}{% endif %}{{ message['content'] + '[/INST]' }}{%- elif message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + eos_token }}{%- endif %}{%- endfor %}`;

const gemma = `${systemFirst}{{- bos_token }}{%- for message in rest %}{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\\n' }}{%- if loop.first and system %}{{ system + '\\n\\n' }}{% endif %}{{ message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`;

const phi3 = `{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '<|end|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

const phi4 = `{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '<|im_sep|>' + message['content'] + '<|im_end|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}`;

const zephyr = `{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

const vicuna = `${systemFirst}{{- system ~ (' ' if system else '') }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ 'USER: ' + message['content'] | trim + ' ' }}{%- elif message['role'] == 'assistant' %}{{ 'ASSISTANT: ' + message['content'] | trim + eos_token }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}`;

const alpaca = `${systemFirst}{{- system ~ ('\\n\\n' if system else '') }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '### Instruction:\\n' + message['content'] | trim + '\\n\\n' }}{%- elif message['role'] == 'assistant' %}{{ '### Response:\\n' + message['content'] | trim + eos_token + '\\n\\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}`;

const deepseek3 = `${systemFirst}{{- bos_token + system }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '<｜User｜>' + message['content'] }}{%- elif message['role'] == 'assistant' %}{{ '<｜Assistant｜>' + message['content'] + '<｜end▁of▁sentence｜>' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}`;

const commandR = `{{- bos_token }}{%- for message in messages %}{{ '<|START_OF_TURN_TOKEN|>' + {'system': '<|SYSTEM_TOKEN|>', 'user': '<|USER_TOKEN|>', 'assistant': '<|CHATBOT_TOKEN|>'}[message['role']] + message['content'] | trim + '<|END_OF_TURN_TOKEN|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}`;

const granite = `{%- for message in messages %}{{ '<|start_of_role|>' + message['role'] + '<|end_of_role|>' + message['content'] + '<|end_of_text|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}`;

const falcon3 = `{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + '\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

/** Sources by name. */
export const builtinTemplates: Readonly<Record<string, string>> = {
  alpaca,
  chatml,
  'command-r': commandR,
  deepseek3,
  falcon3,
  gemma,
  granite,
  llama2,
  llama3,
  llama4,
  mistral,
  phi3,
  phi4,
  vicuna,
  zephyr,
};
