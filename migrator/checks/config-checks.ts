// Whether the role of a server can be changed, and survives a restart.

import { type ServerDetails } from './server-details';
import { error, type Remark, warning } from './finding';
import { type BothServers } from './server-checks';

/** Checks CONFIG of the old server. A fence that a restart removes is a warning if that was accepted. */
export function oldConfigChecks(both: BothServers, acceptVolatileFence: boolean): Remark[] {
  return [...fence(both.old, acceptVolatileFence), ...changedSettings(both)];
}

function fence(old: ServerDetails, acceptVolatileFence: boolean): Remark[] {
  if (old.configError !== undefined)
    return [
      configUnusable(
        old,
        'if rename-command renamed CONFIG, add the new name to the renamedCommands Secret of the migration',
      ),
    ];
  const reason = rewriteFailure(old);
  if (reason === undefined) return [];
  const effect = `A RESTART OF ${old.address} WOULD REMOVE ITS FENCE, and it would serve outdated data: ${reason}`;
  const remedy =
    'start it with a configuration file that it can write; otherwise cutover requires --accept-volatile-fence, and the old server must not be restarted after the cutover';
  const remark = acceptVolatileFence ? warning : error;
  return [remark('volatile-fence', `${effect}; ${remedy}`)];
}

/** Settings that the fence changes and a rollback does not restore. */
function changedSettings({ old, password, keepLegacyInSync }: BothServers): Remark[] {
  const { address, setting } = old;
  const masterauth = setting('masterauth') ?? '';
  const masteruser = setting('masteruser') ?? '';
  const changed = [
    ...['replica-read-only', 'replica-serve-stale-data']
      .filter((name) => setting(name) === 'no')
      .map((name) => [name, 'no', 'yes']),
    ...(keepLegacyInSync && masterauth !== '' && masterauth !== password
      ? [['masterauth', 'another one', 'the password of the fleet']]
      : []),
    ...(keepLegacyInSync && masteruser !== '' ? [['masteruser', masteruser, 'empty']] : []),
  ];
  return changed.map(([name, value, after]) =>
    warning(
      'settings',
      `${name} of ${address} is ${value}, and will be ${after} after a cutover, even after a rollback; set it by hand then if that server is to be a replica`,
    ),
  );
}

/** Checks CONFIG of the new server, which must keep its role. */
export function newConfigChecks(fresh: ServerDetails): Remark[] {
  if (fresh.configError !== undefined) return [configUnusable(fresh, 'run the image without rename-command')];
  const reason = rewriteFailure(fresh);
  if (reason === undefined) return [];
  const effect = `${fresh.address} would lose its role in a restart: ${reason}`;
  return [error('volatile-role', `${effect}; start it with a configuration file that it can write`)];
}

function configUnusable({ address, configError = '' }: ServerDetails, remedy: string): Remark {
  return error('config', `CONFIG cannot be used on ${reasonAt(address, configError)}; ${remedy}`);
}

function rewriteFailure({ view, rewriteError }: ServerDetails): string | undefined {
  const file = view.info.text('config_file');
  if (file === '') return 'it runs without a configuration file';
  return rewriteError === undefined ? undefined : `CONFIG REWRITE cannot be used on ${file} (${rewriteError})`;
}

/** Errors of a server already begin with its address. */
function reasonAt(address: string, message: string): string {
  return message.startsWith(`${address}: `) ? message : `${address}: ${message}`;
}
