// A planted fault: the log of changes drops all changes of every third key.

import { PendingKeys } from '../../reshard/move/pending';

/** Until `jest.restoreAllMocks()`. */
export function dropChanges(): void {
  const add = Reflect.get(PendingKeys.prototype, 'add');
  jest.spyOn(PendingKeys.prototype, 'add').mockImplementation(function (this: PendingKeys, key) {
    if (key.reduce((sum, byte) => sum + byte, 0) % 3 > 0) add.call(this, key);
  });
}
