/** Gathers single look-ups of one moment into one request. */
export function batched<T>(many: (keys: string[]) => Promise<Map<string, T>>, most = 50): (key: string) => Promise<T | null> {
  const waiting = new Map<string, Promise<T | null>>()
  let open: { keys: string[]; answer: Promise<Map<string, T>> } | null = null

  return key => {
    const already = waiting.get(key)
    if (already) return already
    if (!open || open.keys.length >= most) {
      const batch = { keys: [] as string[], answer: Promise.resolve(new Map<string, T>()) }
      batch.answer = new Promise(resolve => setTimeout(resolve, 5)).then(() => {
        if (open === batch) open = null
        return many(batch.keys)
      })
      open = batch
    }
    open.keys.push(key)
    const answer = open.answer.then(found => found.get(key) ?? null).finally(() => waiting.delete(key))
    waiting.set(key, answer)
    return answer
  }
}
