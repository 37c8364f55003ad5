import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ApiError } from './api-error.ts';
import { makeLimits } from './limits.ts';

const aligned = Date.UTC(2026, 0, 1);

function limitsAt(start = aligned) {
  const clock = { wall: start, own: undefined as number | undefined };
  const limits = makeLimits({ wall: () => clock.wall, own: () => clock.own });
  const refused = (act: () => void): ApiError | undefined => {
    try {
      act();
      return undefined;
    } catch (error) {
      return error as ApiError;
    }
  };
  return { clock, limits, refused };
}

test('weight counts per address until the minute ends, then 429 says when to come back', () => {
  const { clock, limits, refused } = limitsAt(aligned + 20_000);
  for (let i = 0; i < 300; i++) limits.charge('a', 20);
  assert.equal(limits.usedWeight('a'), 6000);
  const error = refused(() => limits.charge('a', 1));
  assert.deepEqual([error?.code, error?.status, error?.retryAfter], [-1003, 429, 40]);
  assert.match(String(error?.message), /current limit is 6000 request weight per 1 MINUTE/);
  assert.equal(
    refused(() => limits.charge('b', 1)),
    undefined,
  );
  clock.wall += 40_000;
  assert.equal(
    refused(() => limits.charge('a', 1)),
    undefined,
  );
});

test('who goes on after 429 is banned for two minutes, then for longer', () => {
  const { clock, limits, refused } = limitsAt();
  const untilBanned = (): ApiError => {
    for (;;) {
      const error = refused(() => limits.charge('a', 6000));
      if (error?.status === 418) return error;
    }
  };
  const first = untilBanned();
  assert.deepEqual([first.code, first.retryAfter], [-1003, 120]);
  assert.match(first.message, new RegExp(`IP banned until ${clock.wall + 120_000}`));
  clock.wall += 119_000;
  assert.equal(refused(() => limits.charge('a', 1))?.status, 418);
  clock.wall += 1001;
  assert.equal(
    refused(() => limits.charge('a', 1)),
    undefined,
  );
  assert.equal(untilBanned().retryAfter, 240);
});

test('the hundred and first order in ten seconds is refused with -1015, for this user only', () => {
  const { clock, limits, refused } = limitsAt();
  for (let i = 0; i < 100; i++) limits.chargeOrders(1, 1);
  const error = refused(() => limits.chargeOrders(1, 1));
  assert.deepEqual([error?.code, error?.status], [-1015, 429]);
  assert.equal(error?.message, 'Too many new orders; current limit is 100 orders per 10 SECOND.');
  assert.equal(
    refused(() => limits.chargeOrders(2, 1)),
    undefined,
  );
  clock.wall += 10_000;
  limits.chargeOrders(1, 1);
  assert.deepEqual(limits.usedOrders(1), [1, 101]);
});

test('an order that was filled no longer counts', () => {
  const { limits } = limitsAt();
  limits.chargeOrders(1, 2);
  limits.refundOrders(1, 1);
  assert.deepEqual(limits.usedOrders(1), [1, 1]);
});

test('a window ends with the exchange time as well, when that runs faster', () => {
  const { clock, limits } = limitsAt();
  clock.own = 1_000_000;
  for (let i = 0; i < 100; i++) limits.chargeOrders(1, 1);
  clock.own += 10_000;
  limits.chargeOrders(1, 1);
  assert.equal(limits.usedOrders(1)[0], 1);
});

test('no run of requests gets more than the limit in one aligned minute', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ wait: fc.nat(20_000), weight: fc.integer({ min: 1, max: 900 }) }), { maxLength: 200 }),
      (steps) => {
        const { clock, limits, refused } = limitsAt();
        const perMinute = new Map<number, number>();
        for (const { wait, weight } of steps) {
          clock.wall += wait;
          if (refused(() => limits.charge('a', weight)) !== undefined) continue;
          const minute = Math.floor(clock.wall / 60_000);
          perMinute.set(minute, (perMinute.get(minute) ?? 0) + weight);
        }
        assert.ok([...perMinute.values()].every((used) => used <= 6000));
      },
    ),
  );
});
