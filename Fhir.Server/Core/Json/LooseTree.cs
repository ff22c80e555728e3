using System.Diagnostics.CodeAnalysis;
using Fhir.Server.Core.Definitions;
using Fhir.Server.Core.Elements;

namespace Fhir.Server.Core.Json;

/// <summary>The tree of a text that was read before, not kept alive: whoever looks at it when it is gone has it read again. Trees are many times larger than their text.</summary>
public sealed class LooseTree(ReadOnlyMemory<byte> json, Element tree)
{
    private readonly WeakReference<Element> _seen = new(tree);

    public Element Root
    {
        get
        {
            if (_seen.TryGetTarget(out var tree)) return tree;
            if (JsonReader.Read(json, DefinitionSet.R4).Failed(out _, out tree)) throw new InvalidOperationException("A text that was read before cannot be read again.");
            _seen.SetTarget(tree);
            return tree;
        }
    }
}
