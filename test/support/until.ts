/**
 * Asks again and again until the answer is such; a question that throws counts as not yet.
 * @returns the answer
 * @throws Error with what was waited for and the last answer, after `seconds`
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  such: (answer: T) => boolean,
  seconds = 120,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (let last = 'nothing'; ; ) {
    try {
      const answer = await ask();
      if (such(answer)) return answer;
      last = JSON.stringify(answer);
    } catch (error) {
      last = String(error);
    }
    if (performance.now() > deadline) throw new Error(`after ${seconds} s not yet: ${what}; last: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
