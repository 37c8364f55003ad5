/** What tests are built from. Tests only. */
export * from './bot-play.ts';
export * from './browser.ts';
export * from './scripted-exchange.ts';
