// ONNX Runtime's word on a graph: the logits of prompts, at once and token by token, as float32 on stdout, one prompt after the other.
// `node bench/judge-onnx.mjs MODEL.onnx '[[1,403,407],[1,2]]'`
import * as ort from 'onnxruntime-node';

const [file, prompts] = [process.argv[2], JSON.parse(process.argv[3])];
const session = await ort.InferenceSession.create(file, { executionProviders: ['cpu'] });

const integers = (values, shape) => new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
const sides = (shape) => shape.map((side) => (typeof side === 'number' && side > 0 ? side : side === 'batch_size' ? 1 : 0));
const count = (shape) => shape.reduce((product, side) => product * side, 1);
const emptyPast = () =>
  Object.fromEntries(
    session.inputMetadata
      .filter(({ name }) => name.startsWith('past'))
      .map(({ name, type, shape }) => [name, new ort.Tensor(type, new Float32Array(count(sides(shape))), sides(shape))]),
  );

async function logitsOf(ids, chunk) {
  const parts = [];
  let past = emptyPast();
  for (let begin = 0; begin < ids.length; begin += chunk) {
    const part = ids.slice(begin, begin + chunk);
    const all = {
      input_ids: integers(part, [1, part.length]),
      attention_mask: integers(Array(begin + part.length).fill(1), [1, begin + part.length]),
      position_ids: integers(
        part.map((_, at) => begin + at),
        [1, part.length],
      ),
      ...past,
    };
    const outputs = await session.run(Object.fromEntries(session.inputNames.map((name) => [name, all[name]])));
    parts.push(outputs.logits.data);
    past = Object.fromEntries(Object.keys(past).map((name) => [name, outputs[name.replace(/^past(_key_values)?/, 'present')]]));
  }
  return parts;
}

for (const ids of prompts)
  for (const chunk of [ids.length, 1])
    for (const part of await logitsOf(ids, chunk))
      if (!process.stdout.write(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)))
        await new Promise((resolve) => process.stdout.once('drain', resolve));
