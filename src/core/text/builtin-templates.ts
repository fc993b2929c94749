// Chat templates by the names that users of other tools know, for files that carry none. Each writes the turns of its format's publisher,
// the generation prompt where it is asked for, and a system message where the format has a place for one. None writes tools.
import { marked } from './templates/marked.js';
import { refuseRole, setContent } from './templates/turns.js';
import { written } from './templates/written.js';

/** The text of a message, whose content may be a list of parts or absent. */
const text = `{%- macro text(message) %}${setContent}{{ content }}{% endmacro %}`;

/** Said first in formats without a turn for the system: it becomes the beginning of the first user message. */
const systemFirst = `${text}{%- if messages[0]['role'] == 'system' %}{% set system = text(messages[0]) | trim %}{% set rest = messages[1:] %}{% else %}{% set system = '' %}{% set rest = messages %}{% endif %}`;

const chatml = `${text}{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + text(message) + '<|im_end|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;

const llama2 = `${systemFirst}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ bos_token ~ '[INST] ' }}{%- if loop.first and system %}{{ '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' }}{% endif %}{{ text(message) | trim + ' [/INST]' }}{%- elif message['role'] == 'assistant' %}{{ ' ' + text(message) | trim + ' ' ~ eos_token }}{%- else %}${refuseRole}{%- endif %}{%- endfor %}`;

const llama3 = `${text}{{- bos_token }}{%- for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + text(message) | trim + '<|eot_id|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}`;

const llama4 = `${text}{{- bos_token }}{%- for message in messages %}{{ '<|header_start|>' + message['role'] + '<|header_end|>\\n\\n' + text(message) | trim + '<|eot|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|header_start|>assistant<|header_end|>\\n\\n' }}{% endif %}`;

const mistral = `${systemFirst}{{- bos_token }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '[INST] ' }}{%- if loop.last and system %}{{ system + '\\n\\n' }}{% endif %}{{ text(message) + '[/INST]' }}{%- elif message['role'] == 'assistant' %}{{ ' ' + text(message) | trim ~ eos_token }}{%- else %}${refuseRole}{%- endif %}{%- endfor %}`;

const gemma = `${systemFirst}{{- bos_token }}{%- for message in rest %}{{ '<start_of_turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\\n' }}{%- if loop.first and system %}{{ system + '\\n\\n' }}{% endif %}{{ text(message) | trim + '<end_of_turn>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}`;

const phi3 = `${text}{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + text(message) + '<|end|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

const phi4 = `${text}{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '<|im_sep|>' + text(message) + '<|im_end|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant<|im_sep|>' }}{% endif %}`;

const zephyr = `${text}{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + text(message) ~ eos_token + '\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

const vicuna = `${systemFirst}{{- system ~ (' ' if system else '') }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ 'USER: ' + text(message) | trim + ' ' }}{%- elif message['role'] == 'assistant' %}{{ 'ASSISTANT: ' + text(message) | trim ~ eos_token }}{%- else %}${refuseRole}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}`;

const alpaca = `${systemFirst}{{- system ~ ('\\n\\n' if system else '') }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '### Instruction:\\n' + text(message) | trim + '\\n\\n' }}{%- elif message['role'] == 'assistant' %}{{ '### Response:\\n' + text(message) | trim ~ eos_token + '\\n\\n' }}{%- else %}${refuseRole}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}`;

const deepseek3 = `${systemFirst}{{- bos_token ~ system }}{%- for message in rest %}{%- if message['role'] == 'user' %}{{ '<｜User｜>' + text(message) }}{%- elif message['role'] == 'assistant' %}{{ '<｜Assistant｜>' + text(message) + '<｜end▁of▁sentence｜>' }}{%- else %}${refuseRole}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{ '<｜Assistant｜>' }}{% endif %}`;

const commandR = `${text}{{- bos_token }}{%- for message in messages %}{{ '<|START_OF_TURN_TOKEN|>' + {'system': '<|SYSTEM_TOKEN|>', 'user': '<|USER_TOKEN|>', 'assistant': '<|CHATBOT_TOKEN|>'}[message['role']] + text(message) | trim + '<|END_OF_TURN_TOKEN|>' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>' }}{% endif %}`;

const granite = `${text}{%- for message in messages %}{{ '<|start_of_role|>' + message['role'] + '<|end_of_role|>' + text(message) + '<|end_of_text|>\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|start_of_role|>assistant<|end_of_role|>' }}{% endif %}`;

const falcon3 = `${text}{%- for message in messages %}{{ '<|' + message['role'] + '|>\\n' + text(message) + '\\n' }}{% endfor %}{%- if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

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
  ...marked,
  ...written,
};
