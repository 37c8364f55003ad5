/** The users of an installation and the folders of each, as `sysusers.d` and `tmpfiles.d` make them. */
import { type Installation, type Unit, type UnitName, userOf } from './units.ts';

/** Users that belong to the group of another, for what the other lets its group read, ask or write. */
const memberships: readonly (readonly [member: UnitName, of: UnitName])[] = [
  ['server', 'engine'],
  ['server', 'backtests'],
  ['server', 'webhook'],
  ['engine', 'strategies'],
];

/** `sysusers.d`: the users, without password, home or shell, and who belongs to whose group as well. */
export function usersFile(units: readonly Unit[]): string {
  const users = new Map(units.map(({ name, user }) => [user, `u ${user} - "Holdfast ${name}"`]));
  const isThere = (of: UnitName): boolean => units.some(({ name }) => name === of);
  const members = memberships
    .filter(([member, of]) => isThere(member) && isThere(of))
    .map(([member, of]) => `m ${userOf(member)} ${userOf(of)}`);
  return [...users.values(), ...members].map((line) => `${line}\n`).join('');
}

/**
 * `tmpfiles.d`: each user's own folder. The data directory is root's, with the sticky bit: the vault makes its own folders in
 * it and cannot move those of others. Databases and pipes that another user reads or writes are made here, with their group.
 */
export function foldersFile({ data }: Installation, units: readonly Unit[]): string {
  const [vault, engine] = [userOf('vault'), userOf('engine')];
  const rest = units.filter(({ name }) => name === 'server' || name === 'exchange');
  const [strategy, backtest, listener] = [userOf('strategies'), userOf('backtests'), userOf('webhook')];
  const hasListener = units.some(({ name }) => name === 'webhook');
  return [
    `d ${data} 1771 root ${vault}`,
    ...['vault', 'peers', 'owner', 'warden.sock'].map((name) => `Z ${data}/${name} - ${vault} ${vault}`),
    `d ${data}/engine 0750 ${engine} ${engine}`,
    `Z ${data}/engine - ${engine} ${engine}`,
    `f ${data}/engine/engine.db 0640 ${engine} ${engine}`,
    `z ${data}/engine/engine.db* 0640 ${engine} ${engine}`,
    // The door in it is the listener's to knock at, by the group that it gets from its folder.
    `d ${data}/signals 2750 ${engine} ${hasListener ? listener : engine}`,
    `Z ${data}/signals - ${engine} ${hasListener ? listener : engine}`,
    `d ${data}/strategies 2770 ${strategy} ${strategy}`,
    `d ${data}/strategies/code 2770 ${strategy} ${strategy}`,
    `Z ${data}/strategies - ${strategy} ${strategy}`,
    ...['ask', 'answer'].map((pipe) => `p ${data}/strategies/${pipe} 0660 ${strategy} ${strategy}`),
    `d ${data}/market 0755 root root`,
    `d ${data}/backtests 2750 ${backtest} ${backtest}`,
    `Z ${data}/backtests - ${backtest} ${backtest}`,
    ...(hasListener
      ? [
          `d ${data}/webhook 0750 ${listener} ${listener}`,
          `Z ${data}/webhook - ${listener} ${listener}`,
          `f ${data}/webhook/webhook.db 0640 ${listener} ${listener}`,
          `z ${data}/webhook/webhook.db* 0640 ${listener} ${listener}`,
        ]
      : []),
    ...rest.flatMap(({ name, user }) => [`d ${data}/${name} 0700 ${user} ${user}`, `Z ${data}/${name} - ${user} ${user}`]),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
