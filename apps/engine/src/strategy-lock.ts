/**
 * Makes what a strategy shares with the runtime unchangeable before it is loaded. The runtime's own code, and that which confines the
 * strategy, use the same prototypes: whoever changes one is handed what they work on, and from there `process`.
 *   C4  No object that the language gives can be changed; objects of the strategy's own may have members of any name.
 *   C5  `process` can signal nobody and gives no module, should it be reached all the same.
 */
import { EventEmitter } from 'node:events';

const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const { ownKeys, deleteProperty } = Reflect;

/** What no name that is left leads to. */
const hidden: readonly unknown[] = [
  (function* () {})(),
  (async function* () {})(),
  async () => {},
  [][Symbol.iterator](),
  ''[Symbol.iterator](),
  'a'.matchAll(/a/g),
  new Map()[Symbol.iterator](),
  new Set()[Symbol.iterator](),
  [].values().map((it) => it),
  Iterator.from({ next: () => ({ done: true, value: undefined }) }),
  ...[ArrayBuffer, SharedArrayBuffer, DataView, WeakRef, FinalizationRegistry, Buffer, EventEmitter],
  ...[Int8Array, Int16Array, Int32Array, Uint8Array, Uint8ClampedArray, Uint16Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];

/** Members that programs give objects of their own by assignment, which a frozen prototype would refuse. */
function letAssign(prototype: object): void {
  for (const key of ownKeys(prototype)) {
    const member = getOwnPropertyDescriptor(prototype, key)!;
    if (!('value' in member) || member.configurable !== true) continue;
    const { value, enumerable } = member;
    const get = (): unknown => value;
    const set = function (this: object, given: unknown): void {
      if (this === prototype) throw new TypeError(`${String(key)} of the language cannot be changed`);
      defineProperty(this, key, { value: given, writable: true, enumerable: true, configurable: true });
    };
    freeze(get);
    freeze(set);
    defineProperty(prototype, key, { get, set, enumerable: enumerable === true, configurable: false });
  }
}

/** Everything that the names which are left lead to. */
export function lockLanguage(): void {
  const errors = [Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];
  const seen = new Set<object>([globalThis]);
  const reach = (value: unknown): void => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return;
    seen.add(value);
    reach(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const member = getOwnPropertyDescriptor(value, key)!;
      for (const part of [member.value, member.get, member.set]) reach(part);
    }
  };
  for (const key of ownKeys(globalThis)) reach(getOwnPropertyDescriptor(globalThis, key)?.value);
  for (const value of hidden) reach(value);
  seen.delete(globalThis);
  for (const prototype of [Object.prototype, ...errors.map((it) => it.prototype)]) letAssign(prototype);
  for (const value of seen) freeze(value);
}

/** What the runtime itself still calls. */
const kept: ReadonlySet<string> = new Set(['emitWarning', 'nextTick', 'reallyExit', 'exit', '_tickCallback', 'off', 'emit']);

export function disarmProcess(): void {
  for (const key of ownKeys(process)) {
    const isFunction = typeof getOwnPropertyDescriptor(process, key)?.value === 'function';
    if (typeof key === 'string' && isFunction && !kept.has(key)) deleteProperty(process, key);
  }
  // What it does not have of its own is not looked for where a strategy could have put it.
  setPrototypeOf(EventEmitter.prototype, null);
}
