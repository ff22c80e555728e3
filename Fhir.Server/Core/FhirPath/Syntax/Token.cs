namespace Fhir.Server.Core.FhirPath.Syntax;

internal enum TokenKind { End, Bad, Word, Quoted, String, Number, Long, Date, DateTime, Time, Variable, Special, Symbol }

/// <summary>A piece of an expression. A Quoted is a word in back-ticks, a Special is <c>$this</c>; Text is already unescaped.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int At)
{
    public bool Is(string symbol) => Kind == TokenKind.Symbol && Text == symbol;
    public bool IsWord(string word) => Kind == TokenKind.Word && Text == word;
    /// <summary>Stands where a name may stand.</summary>
    public bool IsName => Kind is TokenKind.Word or TokenKind.Quoted;
}
