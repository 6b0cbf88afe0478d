import lodash from 'lodash';
import { DateTime } from 'luxon';

/** Events in memory, the next one first. */
export function createStore({ timeZone }) {
  const events = new Map();
  const shown = ({ id, title, at, tags }) => ({
    id,
    title,
    tags,
    at: DateTime.fromISO(at, { zone: timeZone }).toISO(),
  });
  return {
    add(event) {
      const id = events.size + 1;
      events.set(id, { id, ...event });
      return shown(events.get(id));
    },
    find(id) {
      const event = events.get(id);
      return event && shown(event);
    },
    list(tag) {
      const some = [...events.values()].filter(({ tags }) => tag === undefined || tags.includes(tag));
      return lodash.sortBy(some, 'at').map(shown);
    },
  };
}
