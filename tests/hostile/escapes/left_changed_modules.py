"""Changes the modules that the template process has imported; the next submission must have them as they were."""

CELL = """
import builtins, autograder, torch
torch.left = builtins.left = autograder.left = True
torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
sys.modules["left"] = torch
"""
AFTER = """
import builtins, autograder, torch
if any(hasattr(one, "left") for one in (torch, builtins, autograder)) or "left" in sys.modules:
    print("ESCAPED")
if torch.get_default_dtype() != torch.float32:
    print("ESCAPED")
"""
UNPROVEN = "a submission is a process of its own in every tier"
