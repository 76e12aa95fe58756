// placeholder, written next
import { type Pair, type Sight } from './pair';
export function changedKeys(_pair: Pair, _sight: Sight): Promise<{ toString(): string }> {
  return Promise.reject(new Error('not yet'));
}
