// Small ONNX models by the words of `onnx-proto`, for tests that read them.
import pkg, { type onnx as Onnx } from 'onnx-proto';

export const bytesOf = (model: Onnx.IModelProto): Buffer => Buffer.from(pkg.onnx.ModelProto.encode(pkg.onnx.ModelProto.fromObject(model)).finish());

export const floats = (values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

/** A float32 initializer that counts up from `first`. */
export const counting = (name: string, dims: readonly number[], first = 0): Onnx.ITensorProto => ({
  name,
  dims: [...dims],
  dataType: 1,
  rawData: floats(Array.from({ length: dims.reduce((product, side) => product * side, 1) }, (_, index) => first + index)),
});

export const node = (opType: string, name: string, input: readonly string[], extra: Partial<Onnx.INodeProto> = {}): Onnx.INodeProto => ({
  opType,
  name,
  input: [...input],
  output: [`${name}_output_0`],
  ...extra,
});

export const modelOf = (initializer: readonly Onnx.ITensorProto[], nodes: readonly Onnx.INodeProto[] = []): Onnx.IModelProto => ({
  irVersion: 8,
  producerName: 'test',
  opsetImport: [{ domain: '', version: 17 }],
  graph: { name: 'g', node: [...nodes], initializer: [...initializer] },
});
