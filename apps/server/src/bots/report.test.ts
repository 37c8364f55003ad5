import assert from 'node:assert/strict';
import { test } from 'node:test';
import { botKinds, encodeState } from '@holdfast/bots';
import { botReport, botSettings } from '@holdfast/contracts';
import { amount, type BotId } from '@holdfast/domain';
import type { Row } from '@holdfast/storage';
import { testRules } from '@holdfast/testkit';
import { reportOf } from './report.ts';

test('the report says what the bot keeps of cancelled deals', () => {
  const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
  const text = botSettings.dca.parse({
    baseOrderSize: '100',
    averagingOrderSize: '50',
    stepPercent: '1',
    takeProfitPercent: '1',
  });
  const { dca } = botKinds;
  const settings = dca.readSettings([rules.pair], text);
  const fresh = dca.initial(settings, { bot: 'b1' as BotId, rules: { [rules.pair]: rules }, allotted: { USDT: amount('100') } });
  const kept = { quantity: amount('0.00999'), cost: amount('99.9') };
  const view = (state: object) =>
    botReport.parse(
      reportOf({ kind: 'dca', pairs: '["BTC/USDT"]', settings: JSON.stringify(text), state: encodeState(state) } as Row<'bots'>),
    );
  assert.deepEqual(view(fresh).kept, []);
  assert.deepEqual(view({ ...fresh, kept }).kept, [{ pair: 'BTC/USDT', quantity: '0.00999', cost: '99.9' }]);
});
