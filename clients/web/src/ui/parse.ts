import { Lexer, Tokenizer, type Token, type TokensList, type Tokens } from "marked";

// The sender of a message chooses what every reader's browser parses. So nesting, marks and cells
// are bounded, far above what people write. Text beyond a bound stays as it was written.

const deepest = 12; // levels of lists and quotes within each other, and of emphases
const mostMarks = 500; // in one paragraph: the parser looks for the other end of each
const mostColumns = 64;
const mostCells = 5000; // a short row is filled up, so a table has many more cells than its text

/** Parses the text of a message. */
export function parse(text: string): readonly Token[] {
  try {
    return new BoundedLexer().lex(text);
  } catch {
    return asWritten(text); // a fault of the parser costs its own message only
  }
}

const asWritten = (text: string): Token[] => [{ type: "text", raw: text, text, escaped: false } satisfies Tokens.Text];

class BoundedTokenizer extends Tokenizer {
  override table(src: string): Tokens.Table | undefined {
    const [head = "", line = ""] = src.split("\n", 2);
    if (!/^[ |:-]+$/.test(line)) return undefined;
    const columns = head.split("|").length;
    const rows = src.split("\n").length; // or fewer: the table may end before the message
    return columns > mostColumns || columns * rows > mostCells ? undefined : super.table(src);
  }
}

class BoundedLexer extends Lexer {
  #blocks = 0;
  #inlines = 0;

  constructor() {
    super({ gfm: true, breaks: true, tokenizer: new BoundedTokenizer() });
  }

  override blockTokens(src: string, tokens?: Token[], clipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, clipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], clipped?: boolean): Token[] {
    if (this.#blocks >= deepest) {
      this.state.top = true; // as the parser leaves it
      tokens.push(...asWritten(src));
      return tokens;
    }
    this.#blocks++;
    try {
      return super.blockTokens(src, tokens, clipped);
    } finally {
      this.#blocks--;
    }
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (this.#inlines >= deepest || marksIn(src) > mostMarks) {
      tokens.push(...asWritten(src));
      return tokens;
    }
    this.#inlines++;
    try {
      return super.inlineTokens(src, tokens);
    } finally {
      this.#inlines--;
    }
  }
}

const marksIn = (src: string): number => src.match(/[*_~`[\]<]/g)?.length ?? 0;
