/** A sentence in which `code` stands between backticks. */
export function Prose({ text }: { readonly text: string }) {
  const pieces = text.split('`');
  return (
    <>
      {pieces.map((piece, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have no other name, and never move
        index % 2 === 1 ? <code key={index}>{piece}</code> : piece,
      )}
    </>
  );
}
