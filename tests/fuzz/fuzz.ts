/**
 * Throws mutated input at everything that reads what others send: the intent door, the owner's acts, the frames between the
 * processes and the dialect door. What is accepted must read the same when it is written again; what is not accepted must
 * be refused as malformed, and nothing else may happen.
 *
 *   node tests/fuzz/fuzz.ts --count 1000000 --seed 1
 */
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { amount, canonicalText, ownerActText } from '@holdfast/domain';
import { type Chance, chanceOf } from '../../apps/cli/src/drill/chance.ts';
import {
  createFrameCutter,
  decodeEgressToSigner,
  decodeGateToSigner,
  encodeFrame,
  FrameError,
  readJson,
} from '../../apps/vault/src/frames/frames.ts';
import { runDialectFuzz } from '../../apps/vault/src/signer/dialect/testing/mutate.ts';
import { parseOwnerAct } from '../../apps/vault/src/signer/owners/parse-act.ts';
import { ParameterError, parseIntent } from '../../apps/vault/src/signer/parse.ts';
import { ccxtBuilder } from '../dialect/ccxt-builder.ts';
import { acts, bodies, egressFrames, gateFrames, intents } from './corpus.ts';
import { fuzzDoor } from './door.ts';
import { mutated, mutatedBytes } from './mutate.ts';

export interface FuzzReport {
  readonly target: string;
  readonly count: number;
  readonly accepted: number;
}

/** The time that dialect requests are stamped with, unix ms. */
const fuzzNow = 1_790_000_000_000;

/** Shares of the count: what is cheap gets the most of it. */
const shares = { intent: 0.4, act: 0.2, body: 0.1, frame: 0.2, door: 0.01, dialect: 0.09 } as const;

export async function fuzz(count: number, seed: number, log: (line: string) => void = () => {}): Promise<readonly FuzzReport[]> {
  const part = (share: number): number => Math.max(100, Math.round(count * share));
  const reports: FuzzReport[] = [];
  const done = (target: string, tries: number, accepted: number): void => {
    reports.push({ target, count: tries, accepted });
    log(`${target}: ${tries} tries, ${accepted} accepted`);
  };
  done('intents', part(shares.intent), many(part(shares.intent), chanceOf(seed), intent));
  done('owner acts', part(shares.act), many(part(shares.act), chanceOf(seed + 1), ownerAct));
  done('peer bodies', part(shares.body), many(part(shares.body), chanceOf(seed + 2), body));
  done('frames', part(shares.frame), many(part(shares.frame), chanceOf(seed + 3), frame));
  const requests = part(shares.dialect);
  const { rebuild } = ccxtBuilder(() => fuzzNow);
  done('dialect requests', requests, runDialectFuzz({ seed: seed + 5, count: requests, rebuild }).admitted);
  done('the whole door', part(shares.door), await fuzzDoor(part(shares.door), seed + 4));
  return reports;
}

function many(count: number, chance: Chance, one: (chance: Chance) => boolean): number {
  let accepted = 0;
  for (let n = 0; n < count; n += 1) if (one(chance)) accepted += 1;
  return accepted;
}

/** Whether it was accepted. Anything but a value or a `ParameterError` fails the run and shows the input. */
function read<T>(text: string, parse: (text: string) => T, check: (value: T) => void): boolean {
  let value: T;
  try {
    value = parse(text);
  } catch (error) {
    assert.ok(error instanceof ParameterError, `${String(error)} for ${JSON.stringify(text.slice(0, 500))}`);
    return false;
  }
  check(value);
  return true;
}

function intent(chance: Chance): boolean {
  const text = mutated(chance.pick(intents), chance);
  return read(text, parseIntent, (it) => {
    const raw = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual(Object.keys(it).sort(), Object.keys(raw).sort(), 'a key was dropped or invented');
    assert.deepEqual(parseIntent(canonicalText(it)), it, 'written again it reads otherwise');
    for (const [name, value] of Object.entries(it)) {
      if (typeof value !== 'bigint') assert.equal(value, raw[name], name);
      else {
        assert.ok(value > 0n, `${name} is not positive`);
        assert.equal(value, amount(String(raw[name])), name);
      }
    }
  });
}

function ownerAct(chance: Chance): boolean {
  const text = mutated(chance.pick(acts), chance);
  return read(text, parseOwnerAct, (act) => assert.equal(ownerActText(act), text, 'written again it is another text'));
}

function body(chance: Chance): boolean {
  const { parse, text } = chance.pick(bodies);
  return read(mutated(text, chance), parse as (text: string) => unknown, () => {});
}

function frame(chance: Chance): boolean {
  const isGate = chance.next() < 0.5;
  const bytes = mutatedBytes(encodeFrame(chance.pick<object>(isGate ? gateFrames : egressFrames), 1 << 20), chance);
  let frames = 0;
  try {
    const cut = createFrameCutter(1 << 20, (payload) => {
      (isGate ? decodeGateToSigner : decodeEgressToSigner)(readJson(payload));
      frames += 1;
    });
    const middle = chance.whole(0, bytes.length);
    cut(bytes.subarray(0, middle));
    cut(bytes.subarray(middle));
  } catch (error) {
    assert.ok(error instanceof FrameError, `${String(error)} for ${bytes.toString('hex').slice(0, 400)}`);
  }
  return frames > 0;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
  });
  const started = performance.now();
  const [count, seed] = [Number(values.count), Number(values.seed)];
  const reports = await fuzz(count, seed, (line) => console.log(line));
  const tries = reports.reduce((sum, it) => sum + it.count, 0);
  console.log(`${tries} tries, nothing that should not be; seed ${seed}, ${Math.round((performance.now() - started) / 1000)} s`);
}
