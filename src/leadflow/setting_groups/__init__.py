"""The settings of an installation by what they are about; ``leadflow.settings`` has them all."""
