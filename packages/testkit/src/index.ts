/** What tests are built from. Tests only. */
export * from './browser.ts';
export * from './scripted-exchange.ts';
