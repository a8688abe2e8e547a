"""Record what the corpus shows under TensorFlow, for machines without it.

``TORCHKERAS_TENSORFLOW_PYTHON=... python tests/scripts/record.py [NAME...]``: all scripts, or some.
"""

import json
import sys

from comparison import RECORDED, run_side, script_names


def main() -> None:
    """Run the scripts that the command line names; the others keep what was recorded."""
    names = sys.argv[1:] or script_names()
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for name, result in run_side("tensorflow", names).items():
        if "error" in result:
            print(f"{name}: {result['error']}", file=sys.stderr)
        else:
            recorded[name] = {"rows": rounded(result["rows"])}
    kept = {name: recorded[name] for name in script_names() if name in recorded}
    lines = [f"{json.dumps(name)}: {json.dumps(kept[name])}" for name in kept]
    RECORDED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def rounded(value: object) -> object:
    """Numbers to six digits, which is more than is compared."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    main()
