// A ModelProto as far as weights go: the initializers of its graph, the nodes that may tell their names, its metadata. Knows no family.
import { named } from '../../text/quoted.js';
import { malformed } from '../files.js';
import { readInitializer, type Initializer } from './read-initializer.js';
import type { WireField, WireReader } from './wire-reader.js';

const mostInitializers = 1 << 18;
const mostNodes = 1 << 18;
const mostInputs = 4096;
const mostMetadata = 1024;
/** Graphs within graphs: branches of If, bodies of Loop and Scan. */
const deepestGraph = 8;

export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  readonly inputs: readonly string[];
  /** Attributes that are one integer, by name. */
  readonly integers: ReadonlyMap<string, number>;
}

export interface OnnxModel {
  readonly initializers: ReadonlyMap<string, Initializer>;
  /** The nodes of all graphs that were asked for, in order. */
  readonly nodes: readonly OnnxNode[];
  /** Where each value of `metadata_props` lies. */
  readonly metadata: ReadonlyMap<string, WireField>;
}

const modelField = { graph: 7, metadata: 14 } as const;
const graphField = { node: 1, initializer: 5 } as const;
const nodeField = { input: 1, name: 3, op: 4, attribute: 5 } as const;
const attributeField = { name: 1, integer: 3, graph: 6, graphs: 11 } as const;

/** `wanted` tells by its operator whether a node is kept. */
export async function readModel(reader: WireReader, wanted: (op: string) => boolean): Promise<OnnxModel> {
  const { path, size } = reader.source;
  const initializers = new Map<string, Initializer>();
  const nodes: OnnxNode[] = [];
  const metadata = new Map<string, WireField>();
  let [nodeCount, graphs] = [0, 0];

  async function readAttribute({ begin, end }: WireField, integers: Map<string, number>, depth: number): Promise<void> {
    let name = '';
    let integer: number | undefined;
    for await (const field of reader.fields(begin, end, 'an attribute')) {
      if (field.number === attributeField.name) name = await reader.text(field, 'the name of an attribute');
      else if (field.number === attributeField.integer && field.wire === 'varint') integer = field.value;
      else if ((field.number === attributeField.graph || field.number === attributeField.graphs) && field.wire === 'bytes')
        await readGraph(field, depth + 1);
    }
    if (integer !== undefined) integers.set(name, integer);
  }

  async function readNode({ begin, end }: WireField, depth: number): Promise<void> {
    if (++nodeCount > mostNodes) throw malformed(path, `its graph has more than ${mostNodes} nodes`);
    const inputs: string[] = [];
    const integers = new Map<string, number>();
    let [name, op] = ['', ''];
    for await (const field of reader.fields(begin, end, 'a node')) {
      if (field.number === nodeField.input) {
        if (inputs.length === mostInputs) throw malformed(path, `a node has more than ${mostInputs} inputs`);
        inputs.push(await reader.text(field, 'an input of a node'));
      } else if (field.number === nodeField.name) name = await reader.text(field, 'the name of a node');
      else if (field.number === nodeField.op) op = await reader.text(field, 'the operator of a node');
      else if (field.number === nodeField.attribute && field.wire === 'bytes') await readAttribute(field, integers, depth);
    }
    if (wanted(op)) nodes.push({ op, name, inputs, integers });
  }

  async function readGraph({ begin, end }: WireField, depth: number): Promise<void> {
    if (depth > deepestGraph) throw malformed(path, `graphs nest deeper than ${deepestGraph} levels`);
    for await (const field of reader.fields(begin, end, 'the graph')) {
      if (field.wire !== 'bytes') continue;
      if (field.number === graphField.node) await readNode(field, depth);
      else if (field.number === graphField.initializer && depth === 1) {
        const initializer = await readInitializer(reader, field);
        if (initializers.has(initializer.name)) throw malformed(path, `two initializers are called ${named(initializer.name)}`);
        if (initializers.size === mostInitializers) throw malformed(path, `its graph has more than ${mostInitializers} initializers`);
        initializers.set(initializer.name, initializer);
      }
    }
  }

  async function readEntry({ begin, end }: WireField): Promise<void> {
    if (metadata.size === mostMetadata) throw malformed(path, `it has more than ${mostMetadata} entries of metadata`);
    let key = '';
    let value: WireField | undefined;
    for await (const field of reader.fields(begin, end, 'metadata')) {
      if (field.number === 1) key = await reader.text(field, 'a key of the metadata');
      else if (field.number === 2) value = field;
    }
    if (value?.wire === 'bytes') metadata.set(key, value);
  }

  for await (const field of reader.fields(0, size, 'the file')) {
    if (field.number === modelField.graph && field.wire === 'bytes') {
      if (++graphs > 1) throw malformed(path, 'it has two graphs');
      await readGraph(field, 1);
    } else if (field.number === modelField.metadata && field.wire === 'bytes') await readEntry(field);
  }
  if (graphs === 0) throw malformed(path, 'it holds no graph');
  return { initializers, nodes, metadata };
}
