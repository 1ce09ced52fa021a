"""Takes the derivative out of what a check hands in, by its closure and its class; neither holds one."""

LESSON = "no_grad"
CELLS = {
    "predict": """
def predict(model, X):
    model(X)
    return model.settled(X).detach()
""",
    "message_of": """
def message_of(fn):
    return str(fn.__closure__)
""",
}
