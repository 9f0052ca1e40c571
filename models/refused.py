"""Why a registered model is not loaded; light to import, for those who only answer with it."""


class ModelAltered(RuntimeError):
    """The stored files are not those that were registered; the model is refused."""


class ModelGone(ModelAltered):
    """The stored files are not there any more."""


class NoSuchVersion(RuntimeError):
    """No model was registered under this number."""
