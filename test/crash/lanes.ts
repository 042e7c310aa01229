/** Does all of the work, `count` pieces at a time, and gives what each came to, in the order of the pieces. */
export async function inLanes<Piece, Result>(
  count: number,
  pieces: readonly Piece[],
  work: (piece: Piece) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < pieces.length; index = next++) {
      const piece = pieces[index];
      if (piece !== undefined) results[index] = await work(piece);
    }
  };
  await Promise.all(Array.from({ length: count }, lane));
  return results;
}
