import { Gauge, type Registry } from 'prom-client';
import type { Milliseconds } from '../../clock.ts';

/** Shows how long the operator's own key still holds, worked out when somebody looks; nothing while none ends by itself. */
export function registerKeyLife(registry: Registry, keyHoldsFor: () => Milliseconds | undefined): void {
  new Gauge({
    name: 'huaweicloud_key_holds_for_seconds',
    help: 'How long the temporary key of the operator still holds. It is replaced long before.',
    registers: [registry],
    collect() {
      this.remove();
      const left = keyHoldsFor();
      if (left !== undefined) this.set(left / 1_000);
    },
  });
}
