"""A new webhook: what it is called, and where it is."""

from django import forms

from accounts import calling_out


class WebhookForm(forms.Form):
    """Name and address; an address that would never be called is refused at once."""

    name = forms.CharField(
        max_length=80, widget=forms.TextInput(attrs={"placeholder": "Our chat channel"})
    )
    url = forms.CharField(
        label="Address",
        max_length=500,
        widget=forms.TextInput(
            attrs={"placeholder": "https://example.com/hooks/leadflow", "inputmode": "url"}
        ),
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            calling_out.read(url)
        except calling_out.Unsafe as unsafe:
            raise forms.ValidationError(str(unsafe)) from None
        return url
