/**
 * What a refused path was after (rule R9). It only classifies: no path is ever let through here, and spellings that hide a
 * word (escapes, other cases) are taken for what they hide.
 */

/**
 * Words of paths that move value out, or make and change keys and sub-accounts (custody 4c), of every exchange: whoever asks
 * this door for another exchange's withdrawal is no better. Without the hyphens, underscores and slashes within them.
 */
const theftWords: readonly string[] = [
  'withdraw',
  'transfer',
  'giftcard',
  'subaccount',
  'subuser',
  'broker',
  'apikey',
  'subapi',
  'updateapi',
  'deleteapi',
  'addressbook',
  'movefunds',
  'movepositions',
  'borrow',
  'loan',
  'convert',
  'dust',
];
/** Here a GET changes things, too (Deribit). */
const changedByReading = '/api/v2/private/';

/** Beginnings of what ordinary clients read besides and are simply refused (custody 4f): nobody is frozen for these. */
const ordinaryReads: readonly string[] = [
  '/api/v3/',
  '/api/v1/',
  '/sapi/v1/accountsnapshot',
  '/sapi/v1/account/',
  '/sapi/v1/asset/',
  '/sapi/v1/capital/config/',
  '/sapi/v1/capital/deposit/',
  '/sapi/v1/margin/',
  '/sapi/v1/simple-earn/',
  '/sapi/v1/equity/',
  '/sapi/v1/spot/',
  '/sapi/v2/',
  '/sapi/v3/',
  '/fapi/',
  '/dapi/',
  '/eapi/',
  '/papi/',
];

/** A target in one spelling: escapes undone (twice, as they may be nested), back-slashes turned, small letters. */
function plainSpelling(target: string): string {
  let text = target.slice(0, 2048);
  for (let round = 0; round < 2; round += 1)
    text = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return text.replaceAll('\\', '/').toLowerCase();
}

export function isTheft(method: string, target: string): boolean {
  const mark = target.indexOf('?');
  const path = plainSpelling(mark < 0 ? target : target.slice(0, mark));
  // A history of withdrawals is read by honest portfolio programs too; it is refused, no more.
  if (method === 'GET' && !path.includes('..') && !path.startsWith(changedByReading)) return false;
  const letters = path.replaceAll(/[-_/]/g, '');
  return theftWords.some((word) => letters.includes(word));
}

export function isOrdinaryRead(method: string, target: string): boolean {
  const path = plainSpelling(target);
  return method === 'GET' && !path.includes('..') && ordinaryReads.some((it) => path.startsWith(it));
}
