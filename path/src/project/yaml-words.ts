import type { ErrorCode } from 'yaml';

interface Words {
  readonly what: string;
  readonly next: string;
}

const mend = 'Mend it there or in the line above; indent by two spaces, never by tabs.';
const quote = 'Put the value in quotes.';
const plain = 'Remove it: ptp.yaml needs none.';

/** What the errors of YAML's grammar mean to the person who wrote the text. */
export const yamlWords: Readonly<Record<ErrorCode, Words>> = {
  ALIAS_PROPS: { what: 'an alias (*) has an anchor or a tag of its own', next: 'Remove that.' },
  BAD_ALIAS: {
    what: 'an alias (*) or an anchor (&) has no usable name',
    next: 'Name it by letters and digits.',
  },
  BAD_COLLECTION_TYPE: { what: 'a tag (!) says another kind than what follows', next: plain },
  BAD_DIRECTIVE: { what: 'a line that begins with % is no directive of YAML', next: plain },
  BAD_DQ_ESCAPE: {
    what: 'a text in double quotes has an escape (\\) that YAML does not know',
    next: 'Write \\\\ for a backslash, or use single quotes.',
  },
  BAD_INDENT: { what: 'a line is not indented as what it belongs to', next: mend },
  BAD_PROP_ORDER: { what: 'an anchor (&) or a tag (!) is not where it may be', next: plain },
  BAD_SCALAR_START: {
    what: 'a value begins with a character that means something else in YAML',
    next: quote,
  },
  BLOCK_AS_IMPLICIT_KEY: {
    what: 'there is a second colon in what is a key and its value',
    next: 'Put the value in quotes, or begin a new line after the first colon.',
  },
  BLOCK_IN_FLOW: {
    what: 'lines with a key or a dash are inside [ ] or { }',
    next: 'Close the bracket before them.',
  },
  DUPLICATE_KEY: { what: 'a key is there twice', next: 'Keep one of the two.' },
  IMPOSSIBLE: { what: 'this is no YAML', next: mend },
  KEY_OVER_1024_CHARS: { what: 'a key is longer than 1024 characters', next: 'Shorten it.' },
  MISSING_CHAR: {
    what: 'a quote, a bracket, a comma, a colon or a space is missing',
    next: 'Close what was opened here or before, and put a space after a colon.',
  },
  MULTILINE_IMPLICIT_KEY: {
    what: 'a key goes over several lines',
    next: 'Write it in one, and a colon after it.',
  },
  MULTIPLE_ANCHORS: { what: 'a value has two anchors (&)', next: 'Keep one of the two.' },
  MULTIPLE_DOCS: { what: 'the file has several documents', next: 'Keep one document: remove the line ---.' },
  MULTIPLE_TAGS: { what: 'a value has two tags (!)', next: plain },
  NON_STRING_KEY: { what: 'a key is no text', next: 'Put it in quotes.' },
  RESOURCE_EXHAUSTION: {
    what: 'lists and maps are inside each other too deeply',
    next: 'Close the brackets before.',
  },
  TAB_AS_INDENT: { what: 'a line is indented by a tab', next: 'Indent by spaces.' },
  TAG_RESOLVE_FAILED: { what: 'a value has a tag (!) that means nothing here', next: plain },
  UNEXPECTED_TOKEN: { what: 'nothing like this is expected here', next: mend },
};
