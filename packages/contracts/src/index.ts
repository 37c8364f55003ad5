/** Schemas of all that crosses a border. */
export * from './api.ts';
export * from './api-backtests.ts';
export * from './api-bots.ts';
export * from './api-strategies.ts';
export * from './api-sweeps.ts';
export * from './api-values.ts';
export * from './api-vault.ts';
export { type SettingForm, settingForms } from './bot-settings/forms.ts';
export * from './bot-settings.ts';
export * from './engine-socket.ts';
export * from './guard-settings.ts';
export * from './webhook.ts';
export * from './webhook-ask.ts';
