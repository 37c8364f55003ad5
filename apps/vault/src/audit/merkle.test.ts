/** The tree of the writer, of the reader and of the verification program against published vectors, a naive one and each other. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFrontier, rootAt } from '../signer/audit/frontier.ts';
import { isContinued, leafOf, merkleTree } from './merkle.ts';
import { rootFromInclusion } from './verify.ts';

/** Inputs, roots and paths of the reference tests of certificate transparency (merkletree, RFC 6962 section 2.1.3's shape). */
const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const left2 = 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125';
const left4 = 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7';
const leaf1 = '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d';
const leaf2 = '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7';
const pair34 = '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e';
const right4 = '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4';
const leaf5 = 'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b';
const pair78 = 'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0';
const pair56 = '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a';

const bytes = inputs.map((hex) => Buffer.from(hex, 'hex'));
const known = merkleTree(bytes.map(leafOf));
const hex = (path: readonly Buffer[]): string[] => path.map((it) => it.toString('hex'));

test('roots are those of the published vectors', () => {
  const frontier = createFrontier();
  assert.equal(frontier.root().toString('hex'), createHash('sha256').digest('hex'));
  for (const [n, root] of roots.entries()) {
    frontier.add(bytes[n] as Buffer);
    assert.equal(frontier.root().toString('hex'), root, `${n + 1} leaves`);
    assert.equal(known.root(n + 1).toString('hex'), root);
  }
});

test('inclusion proofs are those of the published vectors', () => {
  const rows: readonly (readonly [number, number, readonly string[]])[] = [
    [1, 1, []],
    [1, 8, [leaf2, pair34, right4]],
    [6, 8, [leaf5, pair78, left4]],
    [3, 3, [left2]],
    [2, 5, [leaf1, pair34, leaf5]],
  ];
  for (const [leaf, size, path] of rows) {
    assert.deepEqual(hex(known.inclusion(leaf - 1, size)), path, `leaf ${leaf} of ${size}`);
    assert.equal(rootFromInclusion(leafOf(bytes[leaf - 1] as Buffer), leaf - 1, size, path), roots[size - 1]);
  }
});

test('consistency proofs are those of the published vectors', () => {
  const rows: readonly (readonly [number, number, readonly string[]])[] = [
    [1, 1, []],
    [1, 8, [leaf2, pair34, right4]],
    [6, 8, [pair56, pair78, left4]],
    [2, 5, [pair34, leaf5]],
  ];
  for (const [from, size, path] of rows) {
    assert.deepEqual(hex(known.consistency(from, size)), path, `${from} to ${size}`);
    assert.ok(isContinued(from, known.root(from), size, known.root(size), known.consistency(from, size)));
  }
});

/** RFC 6962, 2.1, word for word. */
function naive(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1)
    return createHash('sha256')
      .update(Buffer.from([0]))
      .update(leaves[0] as Buffer)
      .digest();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return createHash('sha256')
    .update(Buffer.from([1]))
    .update(naive(leaves.slice(0, split)))
    .update(naive(leaves.slice(split)))
    .digest();
}

const lines = fc.array(
  fc.uint8Array({ maxLength: 8 }).map((it) => Buffer.from(it)),
  { minLength: 1, maxLength: 70 },
);

test('any tree has the naive root, and each of its proofs leads to it and to no other', () => {
  fc.assert(
    fc.property(lines, fc.nat(), fc.nat(), fc.nat(), (leaves, a, b, c) => {
      const tree = merkleTree(leaves.map(leafOf));
      const size = 1 + (a % leaves.length);
      const root = naive(leaves.slice(0, size));
      assert.deepEqual(tree.root(size), root);
      const frontier = createFrontier();
      for (const leaf of leaves.slice(0, size)) frontier.add(leaf);
      assert.deepEqual(frontier.root(), root);

      const index = b % size;
      const path = hex(tree.inclusion(index, size));
      assert.equal(rootFromInclusion(leafOf(leaves[index] as Buffer), index, size, path), root.toString('hex'));
      assert.notEqual(rootFromInclusion(leafOf(Buffer.from('another line')), index, size, path), root.toString('hex'));
      assert.equal(rootFromInclusion(leafOf(leaves[index] as Buffer), index, size, [...path, '00'.repeat(32)]), null);
      if (path.length > 0) assert.equal(rootFromInclusion(leafOf(leaves[index] as Buffer), index, size, path.slice(1)), null);

      const from = 1 + (c % size);
      const way = tree.consistency(from, size);
      assert.ok(isContinued(from, tree.root(from), size, root, way));
      const other = createHash('sha256').update('other').digest();
      assert.ok(!isContinued(from, other, size, root, way));
      assert.ok(!isContinued(from, tree.root(from), size, other, way));
    }),
    { numRuns: 300 },
  );
});

test('the root at a size is read from the journal itself', () => {
  const text = Buffer.from('one\ntwo\nthree\ntorn');
  const tree = merkleTree(['one', 'two', 'three'].map((it) => leafOf(Buffer.from(it))));
  for (const size of [0, 1, 2, 3]) assert.equal(rootAt(text, size), tree.root(size).toString('hex'));
  assert.equal(rootAt(text, 4), null);
});

test('what a tree does not have is refused', () => {
  for (const ask of [
    () => known.root(9),
    () => known.inclusion(8, 8),
    () => known.inclusion(0, 9),
    () => known.consistency(0, 8),
    () => known.consistency(9, 8),
  ])
    assert.throws(ask, RangeError);
});
