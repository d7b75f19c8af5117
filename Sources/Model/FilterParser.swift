/// Reads the selectors of one filter. The grammar is containerd's:
///
///     filter    = selector { "," selector }
///     selector  = path [ operator value ]
///     path      = field { "." field }
///     field     = quoted | letters, digits, "_" and "-"
///     operator  = "==" | "!=" | "~="
///     value     = quoted | anything printable up to a comma or a space
///
/// Spaces between tokens mean nothing.
struct FilterParser {
    private let text: String
    private var scanner: FilterScanner

    init(_ text: String) {
        self.text = text
        scanner = FilterScanner(text)
    }

    mutating func parse() throws(Failure) -> [Filter.Selector] {
        guard !text.isEmpty else { return [] }
        do throws(FilterScanner.Problem) {
            var selectors = [try selector()]
            while let (token, position) = try scanner.next() {
                guard token == .comma else {
                    throw FilterScanner.Problem(position: position, message: "expected a comma or the end")
                }
                selectors.append(try selector())
            }
            return selectors
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ problem: FilterScanner.Problem) -> Failure {
        .invalid("filter \"\(text)\": position \(problem.position + 1): \(problem.message)")
    }

    private mutating func selector() throws(FilterScanner.Problem) -> Filter.Selector {
        let path = try path()
        guard let (token, position) = try scanner.peek(), token != .comma else {
            return Filter.Selector(path: path, test: .present)
        }
        guard case .operation(let name) = token else {
            throw FilterScanner.Problem(position: position, message: "expected an operator: ==, != or ~=")
        }
        _ = try scanner.next()
        switch name {
        case "==": return Filter.Selector(path: path, test: .equal(try value(afterMatch: false).text))
        case "!=": return Filter.Selector(path: path, test: .notEqual(try value(afterMatch: false).text))
        case "~=":
            let (pattern, start) = try value(afterMatch: true)
            return Filter.Selector(path: path, test: .matches(try compile(pattern, at: start)))
        default:
            throw FilterScanner.Problem(
                position: position, message: "unknown operator \"\(name)\", expected ==, != or ~=")
        }
    }

    private func compile(_ pattern: String, at position: Int) throws(FilterScanner.Problem) -> FilterPattern {
        do throws(FilterPattern.Problem) {
            return try FilterPattern(pattern)
        } catch {
            throw FilterScanner.Problem(position: position, message: "regular expression: \(error.message)")
        }
    }

    private mutating func path() throws(FilterScanner.Problem) -> [String] {
        var fields = [try field()]
        while let (token, _) = try scanner.peek(), token == .dot {
            _ = try scanner.next()
            fields.append(try field())
        }
        return fields
    }

    private mutating func field() throws(FilterScanner.Problem) -> String {
        guard let (token, position) = try scanner.next() else {
            throw FilterScanner.Problem(position: scanner.position, message: "expected a field, found the end")
        }
        switch token {
        case .word(let name): return name
        case .quoted(let name, by: "\""): return name
        default: throw FilterScanner.Problem(position: position, message: "expected a field")
        }
    }

    private mutating func value(
        afterMatch: Bool
    ) throws(FilterScanner.Problem) -> (text: String, position: Int) {
        guard let (token, position) = try scanner.nextValue() else {
            throw FilterScanner.Problem(position: scanner.position, message: "expected a value, found the end")
        }
        switch token {
        case .word(let value): return (value, position)
        case .quoted(let value, by: "\""): return (value, position)
        case .quoted(let value, by: _) where afterMatch: return (value, position)
        case .quoted(_, by: let quote):
            throw FilterScanner.Problem(
                position: position, message: "\(quote) quotes only regular expressions, after ~=")
        default: throw FilterScanner.Problem(position: position, message: "expected a value")
        }
    }
}
