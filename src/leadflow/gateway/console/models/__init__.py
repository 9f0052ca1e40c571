"""The page of the models: what serves, whether it still holds, what comes next."""
